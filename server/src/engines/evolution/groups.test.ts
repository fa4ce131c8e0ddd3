import { describeGroups } from '../conformance-groups.ts';
import { evolutionOn } from './subject.fixture.ts';

describeGroups(evolutionOn('v2'));
if (process.env['TEST_LONG'] === '1') describeGroups(evolutionOn('v1'));
