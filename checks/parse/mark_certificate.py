"""Mark certificates (VMC, CMC): the evidence for a BIMI logo. Never raises, whatever the bytes."""

from __future__ import annotations

from datetime import datetime

from cryptography import x509

from checks.evidence.bimi import CertificateProblem, MarkCertificate
from checks.parse.domain import registrable

MAX_CERTIFICATES = 10
_SHOWN_NAMES = 3
_SHOWN = 200


def parse_mark_certificate(
    url: str, body: bytes, domain: str, now: datetime, logo_sha256: str | None
) -> MarkCertificate:
    """Look at a PEM chain, the certificate itself first. `logo_sha256`: of the logo that the record names, if known.

    Whether an issuer and a subject are those of a mark certificate, checkdmarc judges, which knows the authorities.
    """
    try:
        chain = x509.load_pem_x509_certificates(body)[:MAX_CERTIFICATES]
        certificate = chain[0]
        names = _names(certificate)
        begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        is_valid, inside = _judged(body)
    except Exception:  # noqa: BLE001 - the libraries raise what they like for a stranger's certificate
        return MarkCertificate(url, None, (CertificateProblem("pem"),))
    problems = []
    if now > end:
        problems.append(CertificateProblem("expired", end.strftime("%Y-%m-%d")))
    elif now < begin:
        problems.append(CertificateProblem("early", begin.strftime("%Y-%m-%d")))
    elif not is_valid:
        problems.append(CertificateProblem("profile"))
    if not {domain, registrable(domain)} & {name.removeprefix("default._bimi.") for name in names}:
        problems.append(CertificateProblem("domain", " ".join(names[:_SHOWN_NAMES])[:_SHOWN]))
    if inside is None:
        problems.append(CertificateProblem("no_logo"))
    elif logo_sha256 is not None and inside != logo_sha256:
        problems.append(CertificateProblem("other_logo"))
    return MarkCertificate(url, inside, tuple(problems))


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return [name.lower() for name in extension.value.get_values_for_type(x509.DNSName)]


def _judged(body: bytes) -> tuple[bool, str | None]:
    """Whether checkdmarc takes it for a mark certificate that is valid now, and the SHA-256 of the logo inside."""
    # It brings so much with it that only those who need it should wait for that.
    from checkdmarc.bimi import get_certificate_metadata

    told = get_certificate_metadata(body)
    return bool(told.get("valid")), told.get("logotype_sha256")
