// Nothing phones home: onnxruntime's official binary sends telemetry unless this variable is set before it is first loaded.
// Every entry point imports this module first; imports are hoisted, so a statement in the entry's body would come too late.
process.env['ORT_DISABLE_TELEMETRY'] = '1'
