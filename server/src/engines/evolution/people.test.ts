import { describePeople } from '../conformance-people.ts';
import { evolutionOn } from './subject.fixture.ts';

describePeople(evolutionOn('v2'));
