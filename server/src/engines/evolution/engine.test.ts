import { describeEngine } from '../conformance.ts';
import { evolutionOn } from './subject.fixture.ts';

describeEngine(evolutionOn('v2'));
describeEngine(evolutionOn('v1'));
