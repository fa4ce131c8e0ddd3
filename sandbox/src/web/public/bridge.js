// The line to the network: questions that are answered, and what is told without being asked.

const LOGIN = 'login';

/** What the browser's profile keeps: whoever has it is logged in. Kept as the genuine page keeps its keys, so that it is lost with them. */
function openVault() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('stand-in', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('kept');
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export class Bridge {
  #socket = null;
  #questions = new Map();
  #last = 0;
  #vault = null;
  login = '';

  /** `hear` takes what is told; `lost` is called when the line is cut. */
  async open(hear, lost) {
    this.#vault ??= await openVault();
    const kept = () => this.#vault.transaction('kept', 'readwrite').objectStore('kept');
    this.login = (await settled(kept().get(LOGIN))) ?? '';
    if (this.login === '') {
      this.login = crypto.randomUUID();
      await settled(kept().put(this.login, LOGIN));
    }
    const socket = new WebSocket(`wss://${location.host}/stand-in/bridge`);
    this.#socket = socket;
    socket.onopen = () => this.tell({ type: 'hello', login: this.login });
    socket.onmessage = ({ data }) => {
      const told = JSON.parse(data);
      if (told.type === 'answer') this.#answered(told);
      else hear(told);
    };
    socket.onclose = () => {
      for (const { reject } of this.#questions.values()) reject(new Error('the line was cut'));
      this.#questions.clear();
      lost();
    };
  }

  tell(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  ask(message) {
    this.#last += 1;
    const ref = this.#last;
    return new Promise((resolve, reject) => {
      if (this.#socket?.readyState !== WebSocket.OPEN) {
        reject(new Error('there is no line'));
        return;
      }
      this.#questions.set(ref, { resolve, reject });
      this.tell({ ...message, ref });
    });
  }

  async forgetLogin() {
    await settled(this.#vault.transaction('kept', 'readwrite').objectStore('kept').delete(LOGIN));
  }

  #answered({ ref, value, error }) {
    const question = this.#questions.get(ref);
    this.#questions.delete(ref);
    if (error === undefined) question?.resolve(value);
    else question?.reject(new Error(error));
  }
}
