import { overTheWire } from '../conformance-setting.ts';
import { describeWire } from '../conformance-wire.ts';
import { baileysEngine } from './engine.ts';

describeWire(overTheWire(baileysEngine));
