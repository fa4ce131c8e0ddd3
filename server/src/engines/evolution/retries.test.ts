import { describeRetries } from '../conformance-retries.ts';
import { evolutionOn } from './subject.fixture.ts';

describeRetries(evolutionOn('v2'));
