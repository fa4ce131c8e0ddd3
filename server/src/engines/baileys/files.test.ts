import { describeMedia } from '../conformance-media.ts';
import { overTheWire } from '../conformance-setting.ts';
import { baileysEngine } from './engine.ts';

describeMedia(overTheWire(baileysEngine));
