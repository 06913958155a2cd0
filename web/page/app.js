// SPDX-License-Identifier: MIT
// From a web server the page can be installed as an app, and then needs no network: web/app. From disk it needs none anyway.
'use strict';
if (navigator.serviceWorker && /^https?:$/.test(location.protocol) && isSecureContext) {
  const link = (rel, href) => document.head.append(Object.assign(document.createElement('link'), {rel, href}));
  link('icon', 'icon.svg');
  link('manifest', 'manifest.webmanifest');
  navigator.serviceWorker.register('sw.js').catch(() => {}); // the page was put there without its app
}
