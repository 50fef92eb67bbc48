import type { FUniver } from "@univerjs/core/facade";

interface Offering {
  name: string;
  formulas: string[];
  functions: Record<string, unknown>[];
}

/** Offer plugins' functions while somebody types a formula; the result takes them back. The grid never calls them. */
export function offerFunctions(api: FUniver, plugins: Offering[]): () => void {
  const offered = plugins.flatMap(({ name, formulas, functions }) =>
    formulas.map((formula) => {
      const told = functions.find((one) => one.name === formula)?.description;
      return api.getFormula().registerFunction(formula, () => 0, typeof told === "string" ? told : `From ${name}.`);
    }),
  );
  return () => {
    for (const one of offered) one.dispose();
  };
}
