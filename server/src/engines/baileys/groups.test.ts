import { describeGroups } from '../conformance-groups.ts';
import { baileysEngine } from './engine.ts';

describeGroups(baileysEngine);
