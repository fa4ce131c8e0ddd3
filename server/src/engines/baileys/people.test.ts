import { describePeople } from '../conformance-people.ts';
import { overTheWire } from '../conformance-setting.ts';
import { baileysEngine } from './engine.ts';

describePeople(overTheWire(baileysEngine));
