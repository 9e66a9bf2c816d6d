/** Points drawn with WebGL2: positions travel to the graphics card once, a byte of state per point with each change. */

import { firstAtLeast, IN_BAND, KEPT, WITHHELD } from "./band.js";

const VERTEX = `#version 300 es
in vec2 position;
in vec2 before;
in uint code;
in uint state;
uniform vec2 centre;
uniform vec2 scale;
uniform float size;
uniform bool kept;
uniform vec4 context;
uniform vec4 withheld;
uniform vec2 alpha; // of kept points, of points in the band that are not kept
uniform float moved; // 0 = as before, 1 = in place
uniform sampler2D table;
out vec4 colour;
flat out vec2 wide; // its diameter, and how thick its ring is: a withheld point is hollow
void main() {
  gl_Position = vec4((mix(before, position, moved) - centre) * scale, 0.0, 1.0);
  bool hollow = state == ${WITHHELD}u;
  wide = hollow ? vec2(max(1.5 * size, 5.0), max(0.3 * size, 1.3)) : vec2(size, size);
  gl_PointSize = wide.x;
  vec3 own = texelFetch(table, ivec2(int(code), 0), 0).rgb;
  colour = hollow ? withheld : kept ? vec4(own, alpha.x) : state == ${IN_BAND}u ? vec4(own, alpha.y) : context;
}`;

const FRAGMENT = `#version 300 es
precision highp float;
in vec4 colour;
flat in vec2 wide;
out vec4 shown;
void main() {
  float inward = 0.5 * wide.x - length(gl_PointCoord - 0.5) * wide.x; // from the rim
  float cover = colour.a * clamp(inward, 0.0, 1.0) * clamp(wide.y - inward + 0.5, 0.0, 1.0);
  shown = vec4(colour.rgb * cover, cover);
}`;

const FAR = 1e30; // where a point without a position goes: outside of every view

export class Points {
  /** Fails where the browser has no WebGL2. */
  constructor(canvas) {
    this.canvas = canvas;
    this.gl = canvas.getContext("webgl2", { antialias: false, alpha: true, powerPreference: "high-performance" });
    if (!this.gl) throw new Error("no WebGL2");
    this.n = 0;
    this.#build();
  }

  #build() {
    const { gl } = this;
    this.program = linked(gl);
    this.at = (name) => gl.getUniformLocation(this.program, name);
    this.array = gl.createVertexArray();
    gl.bindVertexArray(this.array);
    this.positions = this.#buffer("position", (place) => gl.vertexAttribPointer(place, 2, gl.FLOAT, false, 0, 0));
    this.before = this.#buffer("before", (place) => gl.vertexAttribPointer(place, 2, gl.FLOAT, false, 0, 0));
    this.codes = this.#buffer("code", (place) => gl.vertexAttribIPointer(place, 1, gl.UNSIGNED_BYTE, 0, 0));
    this.states = this.#buffer("state", (place) => gl.vertexAttribIPointer(place, 1, gl.UNSIGNED_BYTE, 0, 0));
    this.indices = gl.createBuffer();
    this.table = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.table);
    for (const side of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, side, gl.NEAREST);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  #buffer(name, describe) {
    const { gl } = this;
    const buffer = gl.createBuffer();
    const place = gl.getAttribLocation(this.program, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.enableVertexAttribArray(place);
    describe(place);
    return buffer;
  }

  #fill(buffer, content, usage) {
    this.gl.bindBuffer(this.gl.ARRAY_BUFFER, buffer);
    this.gl.bufferData(this.gl.ARRAY_BUFFER, content, usage);
  }

  /** Where the points are, and where they come from; a second array only while they move. */
  setPositions(xy, before = null) {
    const { gl } = this;
    this.n = xy.length / 2;
    this.#fill(this.positions, elsewhere(xy), gl.STATIC_DRAW);
    gl.bindVertexArray(this.array);
    this.#fill(this.before, before ? elsewhere(before) : new Float32Array(0), gl.STATIC_DRAW);
    const place = gl.getAttribLocation(this.program, "before");
    if (before) gl.enableVertexAttribArray(place);
    else gl.disableVertexAttribArray(place);
    this.moves = Boolean(before);
  }

  setCodes(codes) {
    this.#fill(this.codes, codes, this.gl.DYNAMIC_DRAW);
  }

  /** One byte a point; fewer of them change the first ones alone, and only those are drawn until all are there. */
  setStates(states) {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.states);
    if (states.length < this.n) gl.bufferSubData(gl.ARRAY_BUFFER, 0, states);
    else gl.bufferData(gl.ARRAY_BUFFER, states, gl.DYNAMIC_DRAW);
    this.#partition(states);
  }

  /** Kept points apart from the others, each in hash order: no point is sent to the card twice. */
  #partition(states) {
    const { gl } = this;
    let others = 0;
    for (let j = 0; j < states.length; j += 1) others += states[j] !== KEPT;
    const index = new Uint32Array(states.length);
    let [other, kept] = [0, others];
    for (let j = 0; j < states.length; j += 1) {
      if (states[j] === KEPT) index[kept++] = j;
      else index[other++] = j;
    }
    this.parts = [index.subarray(0, others), index.subarray(others)];
    gl.bindVertexArray(this.array);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.indices);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, index, gl.DYNAMIC_DRAW);
  }

  /** `colours`: 256 RGBA bytes. */
  setTable(colours) {
    const { gl } = this;
    gl.bindTexture(gl.TEXTURE_2D, this.table);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, colours);
  }

  /** Draw the first `limit` points; `view` has centre and scale, `style` sizes in device pixels and colours. */
  draw(view, style, limit) {
    const { gl } = this;
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (this.n === 0) return;
    gl.useProgram(this.program);
    gl.bindVertexArray(this.array);
    gl.uniform2f(this.at("centre"), ...view.centre);
    gl.uniform2f(this.at("scale"), ...view.scale);
    gl.uniform4f(this.at("context"), ...style.context.map((part) => part / 255), style.contextAlpha);
    gl.uniform4f(this.at("withheld"), ...style.withheld.map((part) => part / 255), 0.95);
    gl.uniform2f(this.at("alpha"), style.keptAlpha, style.droppedAlpha);
    gl.uniform1f(this.at("moved"), this.moves ? style.moved : 1);
    [style.contextSize, style.keptSize].forEach((size, kept) => {
      const part = this.parts[kept];
      gl.uniform1i(this.at("kept"), kept);
      gl.uniform1f(this.at("size"), size);
      gl.drawElements(gl.POINTS, firstAtLeast(part, limit), gl.UNSIGNED_INT, part.byteOffset);
    });
  }

  /** Calls back with the milliseconds until the card has drawn what was asked so far. */
  timed(done) {
    const { gl } = this;
    const begin = performance.now();
    const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
    const look = () => {
      if (gl.isContextLost()) return;
      if (gl.clientWaitSync(fence, 0, 0) === gl.TIMEOUT_EXPIRED) {
        setTimeout(look, 4);
        return;
      }
      gl.deleteSync(fence);
      done(performance.now() - begin);
    };
    setTimeout(look, 0);
  }

  release() {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

/** A copy in which what is nowhere lies outside of every view. */
function elsewhere(xy) {
  const drawn = new Float32Array(xy.length);
  for (let i = 0; i < xy.length; i += 1) drawn[i] = xy[i] - xy[i] === 0 ? xy[i] : FAR; // neither nan nor infinite
  return drawn;
}

function linked(gl) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
  return program;
}
