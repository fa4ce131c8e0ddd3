import { describePeople } from '../conformance-people.ts';
import { baileysEngine } from './engine.ts';

describePeople(baileysEngine);
