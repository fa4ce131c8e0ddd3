import { describeKinds } from '../conformance-kinds.ts';
import { evolutionOn } from './subject.fixture.ts';

describeKinds(evolutionOn('v2'));
describeKinds(evolutionOn('v1'));
