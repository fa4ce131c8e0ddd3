/** Imported into a server under test: SIGWINCH collects its garbage, so that its heap can be compared with itself. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
let times = 0;
process.on('SIGWINCH', () => {
  collect();
  times += 1;
  console.log(`collected garbage ${times}`);
});
