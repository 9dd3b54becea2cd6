// What the page of a host with `enrol` does: makes a key in the browser, has it certified over EST (RFC 7030), and hands
// both over as a .p12. The key leaves the page in there alone, under a password that nobody else is told.
import { newKeyPair, requestFor } from './certificate-request.ts';
import { type Bytes, certificatesIn } from './der.ts';
import { makePkcs12, newPassword } from './pkcs12.ts';

const EST = '/.well-known/est/';

function find<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`no ${id}`);
  return found;
}

const failure = find('failure', HTMLElement);
const busy = find('busy', HTMLElement);
const result = find('result', HTMLElement);
const forms = find('forms', HTMLElement);
const token = find('token', HTMLInputElement);

/** Base64 of bytes, and back. */
const toBase64 = (bytes: Bytes): string => btoa(String.fromCharCode(...bytes));
const fromBase64 = (text: string): Bytes =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

async function certificateFor(request: Bytes, bearer: string | undefined): Promise<Bytes> {
  const response = await fetch(`${EST}${bearer === undefined ? 'simplereenroll' : 'simpleenroll'}`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/pkcs10',
      ...(bearer !== undefined && { Authorization: `Bearer ${bearer}` }),
    },
    body: toBase64(request),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(text.trim());
  const [certificate] = certificatesIn(fromBase64(text));
  if (certificate === undefined) throw new Error('The answer holds no certificate.');
  return certificate;
}

async function make(bearer: string | undefined): Promise<void> {
  const keys = await newKeyPair();
  const certificate = await certificateFor(await requestFor(keys), bearer);
  const privateKey = new Uint8Array(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  const password = newPassword();
  const friendlyName = `${location.hostname}, ${new Date().toISOString().slice(0, 10)}`;
  const p12 = await makePkcs12({ privateKey, certificate, friendlyName, password });
  privateKey.fill(0);
  const link = find('download', HTMLAnchorElement);
  link.href = URL.createObjectURL(new Blob([p12], { type: 'application/x-pkcs12' }));
  link.download = `${location.hostname}.p12`;
  find('password', HTMLOutputElement).value = password;
  forms.hidden = true;
  result.hidden = false;
  link.focus();
}

async function run(bearer: string | undefined): Promise<void> {
  failure.textContent = '';
  forms.inert = true;
  busy.hidden = false;
  try {
    await make(bearer);
  } catch (error) {
    failure.textContent = error instanceof Error ? error.message : String(error);
  } finally {
    forms.inert = false;
    busy.hidden = true;
  }
}

// Out of the address bar and the history: whoever looks at the screen, or uses the browser next, has no use of it.
if (location.hash.length > 1) {
  token.value = location.hash.slice(1);
  history.replaceState(null, '', location.pathname);
}
find('invited', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  void run(token.value.trim());
});
document.getElementById('renew')?.addEventListener('click', () => void run(undefined));
find('copy', HTMLButtonElement).addEventListener('click', ({ currentTarget }) => {
  const button = currentTarget as HTMLButtonElement;
  void navigator.clipboard
    .writeText(find('password', HTMLOutputElement).value)
    .then(() => (button.textContent = 'Copied'));
});
forms.hidden = false;
