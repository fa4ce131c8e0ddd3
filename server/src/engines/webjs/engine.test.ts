import { describeEngine } from '../conformance.ts';
import { subject } from './setting.fixture.ts';

describeEngine(subject);
