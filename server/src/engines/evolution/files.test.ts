import { describeMedia } from '../conformance-media.ts';
import { evolutionOn } from './subject.fixture.ts';

describeMedia(evolutionOn('v2'));
// The words of both stand in wording.test.ts.
if (process.env['TEST_LONG'] === '1') describeMedia(evolutionOn('v1'));
