import { describeMedia } from '../conformance-media.ts';
import { baileysEngine } from './engine.ts';

describeMedia(baileysEngine);
