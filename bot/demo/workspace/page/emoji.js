// The emoji that carry a meaning here are drawn, so that they look alike on every machine, with an emoji font or without.

import { el, svg } from './element.js';

const LINE = { fill: 'none', 'stroke-width': '2.2', 'stroke-linecap': 'round', 'stroke-linejoin': 'round' };
const stroke = (d, colour) => ['path', { ...LINE, d, stroke: colour }];
const box = (colour) => ['rect', { x: 1.5, y: 1.5, width: 17, height: 17, rx: 4, fill: colour }];
const disc = (colour) => ['circle', { cx: 10, cy: 10, r: 8, fill: colour }];
const square = (colour) => ['rect', { x: 2.5, y: 2.5, width: 15, height: 15, rx: 2.5, fill: colour }];
const dot = (x, y, colour) => ['circle', { cx: x, cy: y, r: 1.4, fill: colour }];
const letter = [
  ['rect', { x: 1.5, y: 4, width: 17, height: 12, rx: 2, fill: '#e8eef4', stroke: '#5b7389', 'stroke-width': '1.3' }],
  ['path', { ...LINE, 'stroke-width': '1.4', d: 'M2.5 5.5 10 11l7.5-5.5', stroke: '#5b7389' }],
];
const glass = [
  ['path', { d: 'M5 3h10c0 4-3 5-3.6 7 .6 2 3.6 3 3.6 7H5c0-4 3-5 3.6-7C8 8 5 7 5 3z', fill: '#f3e3bf', stroke: '#9a7b3c', 'stroke-width': '1.3' }],
  ['path', { d: 'M7 15.8c1-2 5-2 6 0z', fill: '#d9a441' }],
  stroke('M4 2.6h12M4 17.4h12', '#9a7b3c'),
];
const lamp = [
  ['path', { d: 'M10 2a5.6 5.6 0 0 0-3 10.3V14h6v-1.700A5.6 5.6 0 0 0 10 2z', fill: '#f6c945' }],
  stroke('M8 16.200h4M8.6 18.200h2.8', '#8a8f98'),
];
const padlock = [
  ['path', { ...LINE, d: 'M6.5 9V6.500a3.5 3.5 0 0 1 7 0V9', stroke: '#8a6d1f' }],
  ['rect', { x: 4, y: 9, width: 12, height: 8.5, rx: 2, fill: '#e0ac2b' }],
];

const DRAWN = {
  white_check_mark: [box('#2e9e5b'), stroke('M5.5 10.400l3 3 6-6.8', '#fff')],
  heavy_check_mark: [stroke('M4 10.800l4 4 8-9.6', '#2e9e5b')],
  x: [stroke('M4.5 4.500l11 11M15.5 4.500l-11 11', '#d3392f')],
  warning: [
    ['path', { d: 'M10 1.800l8.8 15.700H1.200z', fill: '#f2b01e', 'stroke-linejoin': 'round', stroke: '#f2b01e' }],
    stroke('M10 7.300v4.8', '#4a3500'), dot(10, 15.1, '#4a3500'),
  ],
  no_entry: [disc('#d3392f'), ['rect', { x: 5, y: 8.5, width: 10, height: 3, rx: 0.8, fill: '#fff' }]],
  rotating_light: [
    ['path', { d: 'M5 15V10a5 5 0 0 1 10 0v5z', fill: '#d3392f' }],
    ['rect', { x: 3.5, y: 15, width: 13, height: 3, rx: 1, fill: '#7b8490' }],
    stroke('M10 1v1.600M3 4l1.2 1.200M17 4l-1.2 1.2', '#d3392f'),
  ],
  information_source: [box('#3b78c3'), stroke('M10 9.300v5', '#fff'), dot(10, 5.9, '#fff')],
  question: [disc('#d3392f'), stroke('M7.5 7.800a2.5 2.5 0 1 1 3.4 2.300c-.7.3-.9.8-.9 1.6', '#fff'), dot(10, 14.6, '#fff')],
  grey_question: [disc('#8d97a3'), stroke('M7.5 7.800a2.5 2.5 0 1 1 3.4 2.300c-.7.3-.9.8-.9 1.6', '#fff'), dot(10, 14.6, '#fff')],
  hourglass_flowing_sand: glass, hourglass: glass,
  red_circle: [disc('#d3392f')], large_orange_circle: [disc('#e8842c')], large_yellow_circle: [disc('#eebc2d')],
  large_green_circle: [disc('#2e9e5b')], large_blue_circle: [disc('#3b78c3')], black_circle: [disc('#30363d')],
  white_circle: [['circle', { cx: 10, cy: 10, r: 7.3, fill: '#f4f5f7', stroke: '#9aa4af', 'stroke-width': '1.4' }]],
  large_green_square: [square('#2e9e5b')], large_yellow_square: [square('#eebc2d')], large_red_square: [square('#d3392f')],
  white_large_square: [['rect', { x: 3, y: 3, width: 14, height: 14, rx: 2.5, fill: '#f4f5f7', stroke: '#9aa4af', 'stroke-width': '1.4' }]],
  email: letter, envelope: letter, incoming_envelope: letter, mailbox: letter, mailbox_with_mail: letter,
  bulb: lamp, lock: padlock, key: padlock, shield: [
    ['path', { d: 'M10 1.500l7 2.500v5c0 4.6-3 7.8-7 9.5-4-1.7-7-4.9-7-9.500V4z', fill: '#5b86b5' }],
  ],
  mag: [['circle', { ...LINE, cx: 8.5, cy: 8.5, r: 5.5, stroke: '#5b7389' }], stroke('M12.7 12.700l5 5', '#5b7389')],
  heavy_minus_sign: [stroke('M4 10h12', '#6b7580')],
  arrow_right: [box('#7d94ad'), stroke('M5.5 10h8.500M10.8 6.500l3.5 3.5-3.5 3.5', '#fff')],
  arrows_counterclockwise: [stroke('M15.5 7A6.3 6.3 0 0 0 4 9M4.5 13a6.3 6.3 0 0 0 11.5-2M4.2 5v4.200h4M15.8 15v-4.200h-4', '#3b78c3')],
};

// An unknown name stays as it was written.
export function emoji(name, unicode) {
  if (DRAWN[name]) {
    return el('span', { class: 'emoji', role: 'img', 'aria-label': name, title: `:${name}:` }, svg('0 0 20 20', 'emoji-svg', ...DRAWN[name]));
  }
  return unicode[name] ? el('span', { class: 'emoji', role: 'img', 'aria-label': name }, unicode[name]) : `:${name}:`;
}
