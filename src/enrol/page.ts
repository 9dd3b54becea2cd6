// The page that a host with `enrol` shows: to people with an invitation, and to those who have a certificate already.
import { type Html, html } from '../core/html.ts';
import { page } from '../core/page.ts';
import type { CertificateFacts } from '../pki/identity.ts';

/** `script`: path of the module that makes it work; `current`: what the visitor shows, where it can be renewed here. */
export function enrolPage(script: string, current: CertificateFacts | undefined): string {
  return page({
    title: 'Your certificate',
    moduleUrl: script,
    body: html`<h1>Your certificate</h1>
<noscript><p class="bad">This page makes a key in your browser, and needs JavaScript for that.</p></noscript>
<div id="forms" hidden>
${current === undefined ? INTRODUCTION : renewal(current)}
<form id="invited">
<p><label for="token">Token of your invitation</label></p>
<p><input id="token" name="token" required autocomplete="off" spellcheck="false" autocapitalize="off"></p>
<p><button>Make my certificate</button></p>
</form>
</div>
<p id="busy" role="status" hidden>Making a key and a certificate …</p>
<p id="failure" class="bad" role="alert"></p>
${RESULT}`,
    footer: html`The key is made in this browser and leaves it in the file alone.`,
  });
}

const INTRODUCTION = html`<p>With your invitation you get a certificate: what your browser shows instead of a password.</p>`;

function renewal({ names, commonName, notAfter }: CertificateFacts): Html {
  const name = Object.values(names).flat()[0] ?? commonName;
  return html`<p>You show the certificate of <strong>${name}</strong>, valid until ${new Date(notAfter).toUTCString()}.</p>
<p><button id="renew" type="button">Renew it</button></p>
<h2>Another invitation</h2>`;
}

const RESULT = html`<section id="result" aria-labelledby="ready" hidden>
<h2 id="ready">It is ready</h2>
<ol>
<li><a id="download" href="#">Download the file</a> with your key and certificate.</li>
<li>Its password, which is shown this once: <output id="password" class="data"></output> <button id="copy" type="button">Copy</button></li>
<li>Import it:
<dl>
<dt>Firefox</dt><dd>Settings, search for “certificates”, View Certificates, Your Certificates, Import.</dd>
<dt>Chrome on Linux</dt><dd>chrome://certificate-manager/clientcerts, View imported certificates from Linux, Import.</dd>
<dt>macOS</dt><dd>Double-click it, and add it to the keychain “login”.</dd>
<dt>Windows</dt><dd>Double-click it, choose “Current User”, and leave the rest as it is.</dd>
</dl></li>
<li>Delete the file. Close all windows of the browser, which remembers what it showed before, and open it again.</li>
</ol>
</section>`;
