"""Languages as files name them, as BCP 47 tags."""

from __future__ import annotations

import re

_UNKNOWN = frozenset({"", "und", "unknown", "zxx", "mul", "mis", "osd", "equ"})

_SHORT_CODES = """
    afr=af alb=sq amh=am ara=ar arm=hy asm=as aze=az baq=eu bel=be ben=bn bod=bo bos=bs bre=br bul=bg bur=my
    cat=ca ces=cs chi=zh chu=cu cos=co cym=cy cze=cs dan=da deu=de div=dv dut=nl dzo=dz ell=el eng=en epo=eo
    est=et eus=eu fao=fo fas=fa fin=fi fra=fr fre=fr fry=fy geo=ka ger=de gla=gd gle=ga glg=gl gre=el guj=gu
    hat=ht heb=he hin=hi hrv=hr hun=hu hye=hy ice=is iku=iu ind=id isl=is ita=it jav=jv jpn=ja kan=kn kat=ka
    kaz=kk khm=km kir=ky kor=ko kur=ku lao=lo lat=la lav=lv lit=lt ltz=lb mac=mk mal=ml mao=mi mar=mr may=ms
    mkd=mk mlg=mg mlt=mt mon=mn mri=mi msa=ms mya=my nep=ne nld=nl nor=no oci=oc ori=or pan=pa per=fa pol=pl
    por=pt pus=ps que=qu ron=ro rum=ro rus=ru san=sa sin=si slk=sk slo=sk slv=sl snd=sd som=so spa=es sqi=sq
    srp=sr sun=su swa=sw swe=sv syr=syr tam=ta tat=tt tel=te tgk=tg tgl=tl tha=th tib=bo tir=ti ton=to tur=tr
    uig=ug ukr=uk urd=ur uzb=uz vie=vi wel=cy yid=yi yor=yo zho=zh
    frk=de-Latf chi_sim=zh-Hans chi_tra=zh-Hant deu_frak=de-Latf dan_frak=da-Latf slk_frak=sk-Latf
    deu_latf=de-Latf aze_cyrl=az-Cyrl uzb_cyrl=uz-Cyrl srp_latn=sr-Latn kat_old=ka spa_old=es ita_old=it
    """

_SHORT_TAGS = dict(pair.split("=") for pair in _SHORT_CODES.split())
"""Tags for ISO 639-2 codes that have a shorter ISO 639-1 code, and for names of Tesseract's models."""

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_VERTICAL = "_vert"  # ends the names of Tesseract's models for columns


def language_tag(name: str | None) -> str | None:
    """Return the BCP 47 tag of a language code (``eng``, ``en-US``, ``chi_sim_vert``); None if unknown."""
    if not name:
        return None
    name = name.strip().removesuffix(_VERTICAL)
    known = _SHORT_TAGS.get(name.lower())
    if known or name.lower() in _UNKNOWN:
        return known
    tag = name.replace("_", "-")
    return tag if _TAG.fullmatch(tag) else None
