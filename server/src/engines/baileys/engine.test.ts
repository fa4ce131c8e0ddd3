import { overTheWire } from '../conformance-setting.ts';
import { baileysEngine } from './engine.ts';
import { describeEngine } from '../conformance.ts';

describeEngine(overTheWire(baileysEngine));
