// The little that this page needs to build elements. Texts become text nodes: nothing that a person or a phone wrote is ever markup.

export const byId = (id) => document.getElementById(id);

/** `on…` attributes are listeners; null, undefined and false leave an attribute or child out. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (value != null && value !== false) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child != null && child !== false));
  return made;
}

/** Runs what a button or form asks for: not twice at once, and a refusal is shown where it belongs. */
export async function attempt(button, errorPlace, act) {
  if (button.dataset.busy) return;
  button.dataset.busy = 'yes';
  button.setAttribute('aria-disabled', 'true');
  errorPlace.textContent = '';
  try {
    await act();
  } catch (error) {
    errorPlace.textContent = error.message;
  } finally {
    delete button.dataset.busy;
    button.removeAttribute('aria-disabled');
  }
}

/** One run at a time, and one more after it when somebody asked meanwhile: answers never overtake each other, and the last one is fresh. */
export function oneAtATime(act) {
  let running = null;
  let again = false;
  return () => {
    again = true;
    running ??= (async () => {
      try {
        while (again) {
          again = false;
          await act();
        }
      } finally {
        running = null;
      }
    })();
    return running;
  };
}

export function onSubmit(form, errorPlace, act) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void attempt(form.querySelector('[type=submit]'), errorPlace, act);
  });
}

/** Enter sends, Shift+Enter makes a new line. */
export function sendOnEnter(textarea) {
  textarea.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    textarea.form.requestSubmit();
  });
}

/** Fills a chat and keeps its end in view when it was in view before. */
export function fillChat(chat, bubbles, nothing) {
  const atEnd = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 40;
  chat.replaceChildren(...(bubbles.length > 0 ? bubbles : [element('p', { class: 'nothing' }, nothing)]));
  if (atEnd) chat.scrollTop = chat.scrollHeight;
}

const clocks = new Map();
setInterval(() => {
  for (const [node, show] of clocks) {
    if (node.isConnected) show();
    else clocks.delete(node);
  }
}, 1000);

/** Shows `write(secondsLeft)` in the node until `time`, every second. Without a time it stops. */
export function countDown(node, time, write) {
  clocks.delete(node);
  if (!time) return;
  const show = () => {
    node.textContent = write(Math.max(0, Math.ceil((Date.parse(time) - Date.now()) / 1000)));
  };
  clocks.set(node, show);
  show();
}
