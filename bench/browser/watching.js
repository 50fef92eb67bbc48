// Watches a page from outside, before its first script: what it paints, what arrives, what is typed.
// All times are milliseconds since the page was asked for.
const watched = {
  painted: new Map(), // a text, and when the first frame with it was done
  arrived: [], // frames of sockets
  pressed: [], // keys
  scrolled: [], // frames of the grid: when each was done, and its tallest gap
};
window.watched = watched;

/** Calls back once the frame that is being made is done. */
function afterFrame(done) {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = done;
  requestAnimationFrame(() => port2.postMessage(0));
}

const texts = new Set();
const fillText = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
  if (texts.size === 0) {
    // The grid paints inside an animation frame: the next task comes after it.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      const now = performance.now();
      for (const one of texts) if (!watched.painted.has(one)) watched.painted.set(one, now);
      texts.clear();
    };
    port2.postMessage(0);
  }
  texts.add(text);
  return fillText.call(this, text, ...rest);
};

window.WebSocket = class extends WebSocket {
  constructor(...how) {
    super(...how);
    // The first listener hears a message first.
    this.addEventListener("message", ({ data }) => {
      const frame = { at: performance.now(), text: data, second: undefined };
      watched.arrived.push(frame);
      requestAnimationFrame(() => requestAnimationFrame(() => (frame.second = performance.now())));
    });
  }
};

addEventListener("keydown", ({ key, timeStamp }) => watched.pressed.push({ key, at: timeStamp }), { capture: true });

watched.forget = () => {
  watched.painted.clear();
  watched.arrived.length = 0;
  watched.pressed.length = 0;
};

/** The tallest run of pixels without ink in a strip of the grid, from `top` to its lower edge. */
watched.tallestGap = (left, top, width) => {
  const canvas = document.querySelector("canvas[id^=univer-sheet-main]");
  return tallestGap(canvas.getContext("2d").getImageData(left, top, width, canvas.height - top));
};

/** From now on, looks at every frame. */
watched.watchScrolling = (...strip) => {
  const look = () => {
    watched.scrolled.push({ at: performance.now(), gap: watched.tallestGap(...strip) });
    afterFrame(look);
  };
  look();
};

const INK = 128;

function tallestGap({ data, width, height }) {
  let [tallest, gap] = [0, 0];
  for (let y = 0; y < height; y += 1) {
    gap = hasInk(data, 4 * y * width, 4 * (y + 1) * width) ? 0 : gap + 1;
    tallest = Math.max(tallest, gap);
  }
  return tallest;
}

/** Whether any pixel is darker than a grid line. What nobody painted is transparent, not white. */
function hasInk(data, from, to) {
  for (let at = from; at < to; at += 4) if (((255 - data[at]) * data[at + 3]) / 255 > INK) return true;
  return false;
}
