// Makes the first owner, or lets somebody in who was invited or sets a new password.
import { call } from './api.js';
import { byId, onSubmit } from './dom.js';
import { takeToken } from './one-time.js';
import { useLanguage, word } from './words.js';

useLanguage(navigator.language);
const token = takeToken();
const form = byId('door');
const isSetup = form.dataset.asks === 'setup';

if (token === null) {
  byId('error').textContent = word('error.link_invalid');
  for (const field of form.elements) field.disabled = true;
}

onSubmit(form, byId('error'), async () => {
  const name = byId('person').value.trim();
  const body = { token, password: byId('password').value, ...(name && { name }) };
  await call('POST', isSetup ? '/setup' : '/auth/accept', isSetup ? { ...body, email: byId('email').value } : body);
  form.hidden = true;
  byId('done').hidden = false;
  byId('done').focus();
});
