import { describeRounds } from '../conformance-rounds.ts';
import { overTheWire } from '../conformance-setting.ts';
import { baileysEngine } from './engine.ts';

const rounds = process.env['TEST_LONG'] ? 200 : 20;

describeRounds(overTheWire(baileysEngine), rounds);
