// Block Kit as DOM nodes.

import { el, link, safeUrl, whole } from './element.js';
import { emoji } from './emoji.js';
import { markdown } from './markdown.js';
import { mrkdwn } from './mrkdwn.js';

// ctx: that of mrkdwn.js and press(element, button) → what happens on a press
export function blocks(list, ctx) {
  // A table is drawn below all else, wherever it stands in the message.
  const ordered = [...list.filter((block) => block.type !== 'table'), ...list.filter((block) => block.type === 'table')];
  return ordered.map((block) => el('div', { class: `block block-${block.type}`, 'data-block-id': block.block_id }, one(block, ctx)));
}

function one(block, ctx) {
  switch (block.type) {
    case 'header':
      return el('h3', {}, text(block.text, ctx));
    case 'section':
      return [
        el('div', { class: 'section-text' },
          block.text ? el('div', {}, text(block.text, ctx)) : null,
          block.fields ? el('div', { class: 'fields' }, block.fields.map((field) => el('div', { class: 'field' }, text(field, ctx)))) : null),
        block.accessory ? el('div', { class: 'accessory' }, element(block.accessory, ctx)) : null,
      ];
    case 'context':
      return block.elements.map((inner) => el('span', { class: 'context-element' }, element(inner, ctx)));
    case 'actions':
      return block.elements.map((inner) => element(inner, ctx));
    case 'divider':
      return el('hr');
    case 'table':
      return table(block, ctx);
    case 'markdown':
      return markdown(block.text, ctx);
    case 'rich_text':
      return block.elements.map((inner) => rich(inner, ctx));
    case 'image':
      return el('div', { class: 'image' }, block.alt_text);
    case 'input':
      return [el('label', {}, text(block.label, ctx)), element(block.element, ctx), block.hint ? el('small', {}, text(block.hint, ctx)) : null];
    case 'alert':
      return el('div', { class: `alert alert-${block.level || 'default'}` }, text(block.text, ctx));
    default:
      return el('div', { class: 'unknown' }, `[${block.type}]`);
  }
}

export function text(object, ctx) {
  if (object.type === 'mrkdwn') return mrkdwn(object.text, ctx);
  return object.text.split(/(:[a-z0-9_+-]+:)/).map((piece) => (/^:[a-z0-9_+-]+:$/.test(piece) ? emoji(piece.slice(1, -1), ctx.emoji) : piece));
}

function element(inner, ctx) {
  switch (inner.type) {
    case 'button':
      return button(inner, ctx);
    case 'image':
      return el('span', { class: 'image' }, inner.alt_text);
    case 'overflow':
    case 'static_select':
    case 'radio_buttons':
      return select(inner, ctx);
    case 'plain_text_input':
      return el(inner.multiline ? 'textarea' : 'input', {
        'data-action-id': inner.action_id, 'data-type': inner.type, value: inner.initial_value, placeholder: inner.placeholder?.text,
      });
    case 'plain_text':
    case 'mrkdwn':
      return text(inner, ctx);
    default:
      return el('span', { class: 'unknown' }, `[${inner.type}]`);
  }
}

function button(inner, ctx) {
  const attributes = {
    class: `action ${inner.style || ''}`, 'data-test': 'action', 'data-action-id': inner.action_id, 'data-value': inner.value,
    'aria-label': inner.accessibility_label,
  };
  const label = el('span', {}, text(inner.text, ctx));
  if (inner.url && safeUrl(inner.url)) {
    return el('a', { ...attributes, href: inner.url, target: '_blank', rel: 'noopener noreferrer', onclick: () => ctx.press(inner, null) }, label);
  }
  const node = el('button', { ...attributes, type: 'button', onclick: () => ctx.press(inner, node) }, label);
  return node;
}

function select(inner, ctx) {
  const first = inner.placeholder?.text || (inner.type === 'overflow' ? '⋯' : '');
  const chosen = inner.initial_option?.value;
  const node = el('select', {
    class: 'action', 'data-test': 'action', 'data-action-id': inner.action_id, 'data-type': inner.type,
    onchange: () => node.closest('#modal') || ctx.press({ ...inner, value: node.value }, node),
  },
  chosen ? null : el('option', { value: '', disabled: true, selected: true }, first),
  inner.options.map((option) => el('option', { value: option.value, selected: option.value === chosen }, option.text.text)));
  return node;
}

function table(block, ctx) {
  const settings = block.column_settings || [];
  const row = (cells, tag) => el('tr', {}, cells.map((cell, at) => el(tag, { class: `align-${settings[at]?.align || 'left'}${settings[at]?.is_wrapped === false ? ' nowrap' : ''}` }, cellOf(cell, ctx))));
  const [head, ...body] = block.rows;
  return el('div', { class: 'table' }, el('table', {}, el('thead', {}, row(head, 'th')), el('tbody', {}, body.map((cells) => row(cells, 'td')))));
}

function cellOf(cell, ctx) {
  if (cell.type === 'rich_text') return cell.elements.map((inner) => rich(inner, ctx));
  return whole(cell.text ?? String(cell.value));
}

function rich(node, ctx) {
  switch (node.type) {
    case 'rich_text_section':
      return el('div', { class: 'rich' }, node.elements.map((inner) => rich(inner, ctx)));
    case 'rich_text_list':
      return el(node.style === 'ordered' ? 'ol' : 'ul', {}, node.elements.map((inner) => el('li', {}, rich(inner, ctx))));
    case 'rich_text_preformatted':
      return el('pre', {}, node.elements.map((inner) => rich(inner, ctx)));
    case 'rich_text_quote':
      return el('blockquote', {}, node.elements.map((inner) => rich(inner, ctx)));
    case 'link':
      return styled(link(node.url, node.text || node.url), node.style);
    case 'emoji':
      return emoji(node.name, ctx.emoji);
    case 'user':
      return el('span', { class: 'mention' }, `@${ctx.nameOf(node.user_id)}`);
    case 'channel':
      return el('span', { class: 'mention' }, `#${ctx.nameOf(node.channel_id)}`);
    case 'broadcast':
      return el('span', { class: 'mention broadcast', 'data-test': 'broadcast' }, `@${node.range}`);
    case 'date':
      return node.fallback || '';
    default:
      return styled(el('span', {}, whole(node.text || '')), node.style);
  }
}

function styled(node, style = {}) {
  const tags = { bold: 'b', italic: 'i', strike: 's', code: 'code', underline: 'u' };
  return Object.entries(tags).reduce((inner, [name, tag]) => (style[name] ? el(tag, {}, inner) : inner), node);
}
