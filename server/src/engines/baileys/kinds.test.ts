import { describeKinds } from '../conformance-kinds.ts';
import { overTheWire } from '../conformance-setting.ts';
import { baileysEngine } from './engine.ts';

describeKinds(overTheWire(baileysEngine));
