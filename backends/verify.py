"""Shows by numbers that all paths compute the same: the live Keras model is what the others are held to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import repeat
from pathlib import Path
from typing import NamedTuple

from ..compiler.graph import Graph, Node, Output
from ..spec.diagnostics import Diagnostic, Note, Severity, SpecError, fail
from . import TOLERANCE
from .cases import make_cases
from .certificate import CROSS_CHECKS, PathResult, Report
from .compare import compare_outputs, difference
from .keras_faults import known_fault
from .onnx import AS_DECLARED, DEFAULT_OPSET, Form
from .paths import (
    PATHS,
    Code,
    Job,
    Run,
    flat_code,
    run_codes,
    run_keras,
    run_layers,
    structured_code,
)
from .runtime import require_provider
from .weights import Weights, initialize

# The paths that run generated code.
CODE = ("python", "flat")
# How far apart numbers are at 1 where they are coarser than TOLERANCE.
STEPS = {"float16": 2.0**-10, "bfloat16": 2.0**-7}


class Done(NamedTuple):
    """One form of the generated code, unless it cannot be written, and what came of it."""

    code: Code | None
    result: Run | str | SpecError


def verify(
    graph: Graph,
    *,
    weights: Weights | None = None,
    seed: int = 0,
    opset: int = DEFAULT_OPSET,
    provider: str = "cpu",
    tolerance: float = TOLERANCE,
    paths: Sequence[str] = tuple(PATHS),
    root: str | Path | None = None,
    form: Form = AS_DECLARED,
) -> Report:
    """Runs the graph with the same weights through Keras and each of the paths, on several batch sizes and lengths
    of every dynamic axis.

    Outputs are equal where they differ by at most `tolerance` times the greater of 1 and the greatest expected
    magnitude. `root` is the folder of files that the spec names, `form` what the native ONNX model is like. Flat code
    is run where it differs from the code that keeps the spec's structure. Raises SpecError where Keras or the provider
    is missing; what goes wrong in one path is in its result.
    """
    given = initialize(graph, seed) if weights is None else weights
    (report,) = verify_all(
        [(graph, given)],
        seed=seed,
        opset=opset,
        provider=provider,
        tolerance=tolerance,
        paths=paths,
        root=root,
        form=form,
    )
    return report


def verify_all(
    weighed: Sequence[tuple[Graph, Weights]],
    *,
    written: Graph | None = None,
    seed: int = 0,
    opset: int = DEFAULT_OPSET,
    provider: str = "cpu",
    tolerance: float = TOLERANCE,
    paths: Sequence[str] = tuple(PATHS),
    root: str | Path | None = None,
    form: Form = AS_DECLARED,
) -> tuple[Report, ...]:
    """As `verify`, one spec with several settings of its params, each with weights.

    The code that keeps the structure is written once, of the graph `written`, and takes the params' values as
    arguments; without it, each graph has code of its own.
    """
    require_provider(provider)
    jobs = [
        Job(
            graph,
            weights,
            make_cases(graph, seed),
            Path(root) if root is not None else Path(graph.source.name).parent,
            opset,
            provider,
            form,
        )
        for graph, weights in weighed
    ]
    done = _run_code(jobs, written, paths)
    return tuple(_report(job, own, paths, tolerance) for job, own in zip(jobs, done, strict=True))


def _report(job: Job, done: dict[str, Done], paths: Sequence[str], tolerance: float) -> Report:
    reference = run_keras(job)
    results = [
        _judge_code(name, job, done[name], reference, tolerance)
        if name in done
        else _try_path(name, job, reference, tolerance)
        for name in paths
        if name in done or name not in CODE
    ]
    return Report(job.graph, job, tuple(results), tolerance)


# --- generated code


def _run_code(jobs: Sequence[Job], written: Graph | None, paths: Sequence[str]) -> list[dict[str, Done]]:
    """What came of the forms of each job's code, all run in one process."""
    common = _try_code(replace(jobs[0], graph=written)) if written and "python" in paths else None
    forms = [_codes(job, common if job.graph is not written else None, paths) for job in jobs]
    tasks = [
        (job, code)
        for job, codes in zip(jobs, forms, strict=True)
        for code in codes.values()
        if isinstance(code, Code)
    ]
    try:
        results = iter(run_codes(tasks) if tasks else ())
    except SpecError as error:
        results = repeat(error)
    return [
        {
            name: Done(code, next(results)) if isinstance(code, Code) else Done(None, code)
            for name, code in codes.items()
        }
        for codes in forms
    ]


def _codes(job: Job, written: Code | SpecError | None, paths: Sequence[str]) -> dict[str, Code | SpecError]:
    """The forms of the job's code that are asked for, the flat one where it is another."""
    codes: dict[str, Code | SpecError] = {}
    if "python" in paths:
        codes["python"] = written if isinstance(written, SpecError) else _try_code(job, written)
    if "flat" in paths:
        codes["flat"] = flat_code(job)
    structured, flat = codes.get("python"), codes.get("flat")
    if isinstance(structured, Code) and isinstance(flat, Code) and structured.text == flat.text:
        del codes["flat"]
    return codes


def _try_code(job: Job, written: Code | None = None) -> Code | SpecError:
    try:
        return structured_code(job, written)
    except SpecError as error:
        return error


def _judge_code(name: str, job: Job, done: Done, reference: Run, tolerance: float) -> PathResult:
    match done.result:
        case Run() as run:
            return _judge(name, job, run, reference, tolerance, done.code)
        case str(words):
            error = fail("NN405", "the generated code does not run", None, Note(words))
            return PathResult(name, diagnostics=_as_findings(name, error.diagnostics))
        case SpecError() as error:
            return PathResult(name, diagnostics=_as_findings(name, error.diagnostics))


# --- every path


def _try_path(name: str, job: Job, reference: Run, tolerance: float) -> PathResult:
    try:
        run = PATHS[name](job)
    except SpecError as error:
        return PathResult(name, diagnostics=_as_findings(name, error.diagnostics))
    return _judge(name, job, run, reference, tolerance)


def _judge(
    name: str, job: Job, run: Run, reference: Run, tolerance: float, code: Code | None = None
) -> PathResult:
    found = PathResult(name, compare_outputs(job, run, reference, tolerance), run.sha256)
    if found.equal:
        return found
    return replace(found, diagnostics=(_blame(name, job, found, tolerance, code),))


def _as_findings(name: str, diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(d._replace(message=f"{name}: {d.message}", severity=_severity(name)) for d in diagnostics)


def _severity(name: str) -> Severity:
    return "warning" if name in CROSS_CHECKS else "error"


def _blame(name: str, job: Job, found: PathResult, tolerance: float, code: Code | None) -> Diagnostic:
    """The difference as a diagnostic at the first layer whose output differs."""
    worst = max(found.outputs, key=lambda o: (not o.equal, o.max_abs))
    message = f"{name}: {worst}"
    culprit = _first_layer(job, code, tolerance) if code else first_difference(name, job, tolerance)
    node = job.graph.by_name[culprit.value.node] if culprit else None
    words = (
        f"the first layer to differ is {node.name} ({node.kind})" if node else "each layer by itself agrees"
    )
    span = node.place.span if node else None
    help = _advice(name, node, job.graph)
    return Diagnostic("NN501", message, span, (Note(words),), help, severity=_severity(name))


def _advice(name: str, node: Node | None, graph: Graph) -> str:
    known = known_fault(node, graph) if node else None
    if known is not None:
        return known
    if name in CROSS_CHECKS:
        return "use nnspec's own export; this path's file is refused"
    coarse = max((n.layer.policy.compute for n in graph.nodes), key=lambda d: STEPS.get(d, 0.0), default="")
    if coarse in STEPS:
        return f"numbers of {coarse} are {STEPS[coarse]:.1g} apart at 1: give --tolerance what is near enough"
    return "nnspec or Keras is wrong here: please report it to nnspec with the spec"


def first_difference(name: str, job: Job, tolerance: float) -> Output | None:
    """The first layer's output, in the graph's order, that a path computes differently from Keras."""
    outputs = _every_output(job.graph)
    every = replace(job, graph=replace(job.graph, outputs=outputs))
    try:
        differences = compare_outputs(every, PATHS[name](every), run_keras(every), tolerance)
    except SpecError:
        return None
    return next((o for o, found in zip(outputs, differences, strict=True) if not found.equal), None)


def _first_layer(job: Job, code: Code, tolerance: float) -> Output | None:
    """The same of generated code, among the layers whose outputs can be had of its model."""
    every = _every_output(job.graph)
    try:
        given = run_layers(job, code, every)
        outputs = tuple(output for output in every if output.name in given)
        expected = (
            run_keras(replace(job, graph=replace(job.graph, outputs=outputs))).outputs if outputs else []
        )
    except SpecError:
        return None
    for number, output in enumerate(outputs):
        keras = [case[number] for case in expected]
        if not difference(output.name, given[output.name], keras, tolerance).equal:
            return output
    return None


def _every_output(graph: Graph) -> tuple[Output, ...]:
    """The outputs of every layer, by names of their own."""
    return tuple(
        Output(node.name if i == 0 else f"{node.name}_{node.layer.output_names[i]}", value)
        for node in graph.nodes
        for i, value in enumerate(node.values)
    )
