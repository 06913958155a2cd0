// SPDX-License-Identifier: MIT
// Keeps the page for when there is no network. It asks its own server for these files only, and only when they are new.
const CACHE = 'heapstrata-@VERSION@-@HASH@', FILES = ['./', 'manifest.webmanifest', 'icon.svg'];

async function install() {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES.map(file => new Request(file, {cache: 'reload'})));
  await self.skipWaiting();
}

async function activate() {
  const old = (await caches.keys()).filter(name => name.startsWith('heapstrata-') && name !== CACHE);
  await Promise.all(old.map(name => caches.delete(name)));
  await self.clients.claim();
}

async function answer(request) {
  const cache = await caches.open(CACHE);
  return await cache.match(request.mode === 'navigate' ? './' : request) ?? fetch(request);
}

addEventListener('install', event => event.waitUntil(install()));
addEventListener('activate', event => event.waitUntil(activate()));
addEventListener('fetch', event => event.respondWith(answer(event.request)));
