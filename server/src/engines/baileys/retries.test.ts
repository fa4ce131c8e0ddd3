import { describeRetries } from '../conformance-retries.ts';
import { overTheWire } from '../conformance-setting.ts';
import { baileysEngine } from './engine.ts';

describeRetries(overTheWire(baileysEngine));
