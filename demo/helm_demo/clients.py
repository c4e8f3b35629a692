"""HELM clients of the demo models: each hands the prompt to one solver."""

from abc import abstractmethod

from helm.clients.client import CachingClient
from helm.common.request import GeneratedOutput, Request, RequestResult, Token, wrap_request_time

from helm_demo import solvers


class SolverClient(CachingClient):
    """Answers a request with what a solver makes of the prompt text, and of nothing else."""

    @abstractmethod
    def solve(self, prompt: str) -> str:
        """Return the answer to the question that ends the prompt."""

    def make_request(self, request: Request) -> RequestResult:
        """Return the solver's answer as the only completion; HELM's cache keeps it."""
        raw_request = {"engine": request.model_engine, "prompt": request.prompt}
        cache_key = CachingClient.make_cache_key(raw_request, request)
        do_it = wrap_request_time(lambda: {"answer": " " + self.solve(request.prompt)})
        response, cached = self.cache.get(cache_key, do_it)
        answer = response["answer"]
        completion = GeneratedOutput(text=answer, logprob=0, tokens=[Token(text=answer, logprob=0)])
        return RequestResult(
            success=True,
            cached=cached,
            request_time=response["request_time"],
            request_datetime=response["request_datetime"],
            completions=[completion],
            embedding=[],
        )


class MajorityLabelClient(SolverClient):
    """Always gives the most frequent answer of the examples."""

    def solve(self, prompt: str) -> str:
        """Return the majority answer."""
        return solvers.answer_majority_label(prompt)


class WordVotesClient(SolverClient):
    """Learns from the examples which words go with which answer."""

    def solve(self, prompt: str) -> str:
        """Return the answer that the question's words vote for."""
        return solvers.answer_word_votes(prompt)


class TrigramVotesClient(SolverClient):
    """Learns from the examples which letter trigrams go with which answer."""

    def solve(self, prompt: str) -> str:
        """Return the answer that the question's trigrams vote for."""
        return solvers.answer_trigram_votes(prompt)


class KeywordRulesClient(SolverClient):
    """Follows a keyword list; a misspelled keyword is not seen."""

    def solve(self, prompt: str) -> str:
        """Return the rules' answer."""
        return solvers.answer_keyword_rules(prompt)


class FuzzyRulesClient(SolverClient):
    """Follows the same keyword list, but forgives small misspellings."""

    def solve(self, prompt: str) -> str:
        """Return the rules' answer."""
        return solvers.answer_fuzzy_rules(prompt)
