// In a thread: it comes late to its first backward pass, as on a loaded machine.
const { Instance } = WebAssembly;
let isLate = true;
WebAssembly.Instance = class {
  constructor(...args) {
    const { exports } = new Instance(...args);
    const lstm_backward = (...numbers) => {
      if (isLate) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500);
      isLate = false;
      exports.lstm_backward(...numbers);
    };
    this.exports = { ...exports, lstm_backward };
  }
};
