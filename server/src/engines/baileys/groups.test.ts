import { describeGroups } from '../conformance-groups.ts';
import { overTheWire } from '../conformance-setting.ts';
import { baileysEngine } from './engine.ts';

describeGroups(overTheWire(baileysEngine));
