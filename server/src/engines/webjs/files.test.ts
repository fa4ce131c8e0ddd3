import { describeMedia } from '../conformance-media.ts';
import { subject } from './setting.fixture.ts';

describeMedia(subject);
