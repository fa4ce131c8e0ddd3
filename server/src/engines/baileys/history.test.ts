import { describeHistory } from '../conformance-history.ts';
import { baileysEngine } from './engine.ts';

describeHistory(baileysEngine);
