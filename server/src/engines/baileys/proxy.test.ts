import { describeProxy } from '../conformance-proxy.ts';
import { overTheWire } from '../conformance-setting.ts';
import { baileysEngine } from './engine.ts';

describeProxy(overTheWire(baileysEngine));
