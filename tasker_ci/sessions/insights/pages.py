"""Lists that come in pages: by the `Link` header alone, never in a circle, each with its ETag."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tasker_ci.sessions.insights.errors import GitHubFailed, GitHubLimit, GitHubUnreachable
from tasker_ci.sessions.insights.rows import tables, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tasker_ci.sessions.insights.cache import Cache
    from tasker_ci.sessions.insights.client import Client

Row = dict[str, Any]

_MOST_PAGES = 200


@dataclass(kw_only=True)
class PagedList:
    """The pages of one list; they are asked for while it is walked through."""

    pages: Pages
    url: str
    reduced: Callable[[Row], Row]
    total: int | None = None
    """What the server says the whole has, once a page was read."""
    seen: int = 0
    """How many rows there were so far."""

    def __iter__(self) -> Iterator[list[Row]]:
        url: str | None = self.url
        visited: set[str] = set()
        while url and url not in visited:
            visited.add(url)
            if len(visited) > _MOST_PAGES:
                self.pages.remark("A list has no end: not all of its pages were read.")
                return
            rows, total, following = self.pages.page(url, self.reduced)
            self.total = total if self.total is None else self.total
            self.seen += len(rows)
            yield rows
            if following and not self.pages.client.is_ours(following):
                self.pages.remark("The next page lies at another host, and was not read.")
                return
            url = following


@dataclass(kw_only=True)
class Pages:
    """Reads lists whose rows are under ``key``."""

    client: Client
    cache: Cache | None
    """None: pages that are kept in another way."""
    key: str
    remarks: list[str] = field(default_factory=list)

    def read(self, url: str, reduced: Callable[[Row], Row]) -> PagedList:
        """The list that begins at a URL; ``reduced`` leaves of a row what may be kept."""
        return PagedList(pages=self, url=url, reduced=reduced)

    def remark(self, text: str) -> None:
        """Keep a remark, once."""
        if text not in self.remarks:
            self.remarks.append(text)

    def page(
        self, url: str, reduced: Callable[[Row], Row]
    ) -> tuple[list[Row], int | None, str | None]:
        """The rows of a page, what the whole has, the URL of the next page."""
        known = self._known(url)
        etag = known["etag"] if known else None
        try:
            page = self.client.page(url, etag=etag)
        except (GitHubLimit, GitHubUnreachable) as error:
            if known is None:
                raise
            self.remark(f"What was read before is used, of {known['read']}: {error.message}")
            return known["rows"], known["total"], known["next"]
        if page.document is None and known is not None:
            return known["rows"], known["total"], known["next"]
        document = page.document or {}
        if not isinstance(document.get(self.key), list):
            message = f"An answer of GitHub's has no list `{self.key}`."
            raise GitHubFailed(message, next_step="Is --api the address of GitHub's API?")
        rows = [reduced(row) for row in tables(document[self.key])]
        total = whole(document.get("total_count"))
        if self.cache is not None and page.etag:
            entry = {"etag": page.etag, "rows": rows, "total": total, "next": page.next_url}
            read = self.client.now().isoformat(timespec="minutes")
            self.cache.store(f"page {url}", {**entry, "read": read})
        return rows, total, page.next_url

    def _known(self, url: str) -> Row | None:
        entry = self.cache.load(f"page {url}") if self.cache is not None else None
        if not isinstance(entry, dict) or not isinstance(entry.get("rows"), list):
            return None
        texts = [entry.get("etag"), entry.get("next") or "", entry.get("read")]
        # The ETag becomes a header again: other characters would be an error there.
        plain = (isinstance(each, str) and each.isascii() and each.isprintable() for each in texts)
        if not all(plain):
            return None
        kept = {"next": entry.get("next") or None, "total": whole(entry.get("total"))}
        return {**entry, "rows": tables(entry["rows"]), **kept}
