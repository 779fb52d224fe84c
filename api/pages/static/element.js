// Elements built and filled without innerHTML, so that no text of the data can become markup.

const SVG = "http://www.w3.org/2000/svg";

function attributed(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

export function element(name, attributes = {}, ...children) {
  return attributed(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return attributed(document.createElementNS(SVG, name), attributes, children);
}

// Unchanged text is left alone: a screen reader and the layout then have nothing to do.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setShown(node, shown) {
  if (node.hidden === shown) node.hidden = !shown;
}

export function slots(root) {
  const found = {};
  for (const node of root.querySelectorAll("[data-slot]")) found[node.dataset.slot] = node;
  return found;
}
