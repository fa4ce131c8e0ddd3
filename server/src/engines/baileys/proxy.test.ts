import { describeProxy } from '../conformance-proxy.ts';
import { baileysEngine } from './engine.ts';

describeProxy(baileysEngine);
