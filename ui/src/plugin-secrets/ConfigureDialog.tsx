export function ConfigureDialog(_: { plugin: unknown; mode: string | undefined; onClose: () => void }) { return null; }
