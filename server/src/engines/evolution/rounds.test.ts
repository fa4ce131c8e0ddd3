import { describeRounds } from '../conformance-rounds.ts';
import { evolutionOn } from './subject.fixture.ts';

const rounds = process.env['TEST_LONG'] ? 200 : 20;

describeRounds(evolutionOn('v2'), rounds);
describeRounds(evolutionOn('v1'), rounds);
