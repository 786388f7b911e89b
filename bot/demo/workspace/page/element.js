// DOM by hand: text goes in as text nodes only, so that nothing in it can become markup.

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, '');
    else node.setAttribute(name, String(value));
  }
  node.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

// Text whose domain names and addresses go to the next line as a whole, where a browser would cut them at a hyphen.
export function whole(text) {
  return text
    .split(/([A-Za-z0-9_@.=-]*[A-Za-z0-9]-[A-Za-z0-9_@.=-]*[A-Za-z0-9])/)
    .map((piece, at) => (at % 2 === 1 && piece.includes('.') && piece.length < 44 ? el('span', { class: 'whole' }, piece) : piece));
}

const SVG = 'http://www.w3.org/2000/svg';

export function svg(viewBox, cls, ...shapes) {
  const root = document.createElementNS(SVG, 'svg');
  root.setAttribute('viewBox', viewBox);
  root.setAttribute('class', cls);
  root.setAttribute('aria-hidden', 'true');
  for (const [tag, attributes] of shapes) {
    const shape = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
    root.append(shape);
  }
  return root;
}

// Only what a chat client would open; javascript: and the like stay text.
export function safeUrl(url) {
  return /^(https?:\/\/|mailto:)/i.test(url) ? url : null;
}

export function link(url, label) {
  const safe = safeUrl(url);
  return safe === null
    ? el('span', {}, label)
    : el('a', { href: safe, target: '_blank', rel: 'noopener noreferrer' }, label);
}
