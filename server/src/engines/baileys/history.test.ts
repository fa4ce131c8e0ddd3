import { describeHistory } from '../conformance-history.ts';
import { overTheWire } from '../conformance-setting.ts';
import { baileysEngine } from './engine.ts';

describeHistory(overTheWire(baileysEngine));
