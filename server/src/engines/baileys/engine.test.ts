import { baileysEngine } from './engine.ts';
import { describeEngine } from '../conformance.ts';

describeEngine(baileysEngine);
