"""
The formula engine behind one adapter: edits in, changes and waiting calls out.

It asks nobody and waits for nothing.
"""

from gridos.formulas.book import FormulaBook
from gridos.formulas.builtin import is_builtin
from gridos.formulas.evaluation import Answer, AnswerValue, Call, Evaluation, Function, Probe

__all__ = ["Answer", "AnswerValue", "Call", "Evaluation", "FormulaBook", "Function", "Probe", "is_builtin"]
