"""The components of a pipeline, each wrapped so that the engine calls it by itself."""

from penstock.stages.kinds import (
    AmenderStage,
    ObserverStage,
    RecognizerStage,
    RuleStage,
    SinkStage,
    SourceStage,
    TransformStage,
)
from penstock.stages.stage import Stage

__all__ = [
    "AmenderStage",
    "ObserverStage",
    "RecognizerStage",
    "RuleStage",
    "SinkStage",
    "SourceStage",
    "Stage",
    "TransformStage",
]
