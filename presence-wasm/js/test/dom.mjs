// A page for React: imported before react-dom, which looks around when it is loaded.

import { JSDOM } from 'jsdom';

const { window } = new JSDOM('<!doctype html><div id="root"></div>', { url: 'https://app.example/', pretendToBeVisual: true });
const names = ['window', 'document', 'location', 'Event', 'Node', 'Element', 'HTMLElement', 'HTMLIFrameElement'];
for (const name of names) globalThis[name] = window[name];
// Node has one of its own from 21 on, and it cannot be replaced there.
globalThis.navigator ??= window.navigator;
globalThis.requestAnimationFrame = window.requestAnimationFrame.bind(window);
globalThis.IS_REACT_ACT_ENVIRONMENT = true;
