import { describeRounds } from '../conformance-rounds.ts';
import { subject } from './setting.fixture.ts';

// Each of them is a browser: two to five seconds.
const rounds = process.env['TEST_LONG'] ? 200 : 4;
describeRounds(subject, rounds);
