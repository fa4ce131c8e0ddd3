import { describeKinds } from '../conformance-kinds.ts';
import { baileysEngine } from './engine.ts';

describeKinds(baileysEngine);
