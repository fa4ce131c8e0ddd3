import { describeRetries } from '../conformance-retries.ts';
import { baileysEngine } from './engine.ts';

describeRetries(baileysEngine);
