"""Who says a quotation in Chinese, Japanese and Thai, where no capital tells a name: by what stands around names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import regex

_WORDS = r"“(?P<w>[^“”]{10,400})”|「(?P<w>[^「」]{10,400})」|『(?P<w>[^『』]{10,400})』|\"(?P<w>[^\"]{10,400})\""

_FAMILY = (
    "王李张張刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何高林罗羅郑鄭梁谢謝宋唐许許韩韓冯馮邓鄧曹彭曾肖蕭田董袁潘于蒋"
    "蔡余杜叶葉程苏蘇魏吕呂丁任沈姚卢盧姜崔钟鍾谭譚陆陸汪范金石廖贾賈夏韦韋付方白邹鄒孟熊秦邱江尹薛段雷侯龙龍史陶黎贺賀顾"
    "顧毛郝龚龔邵万萬钱錢严嚴武戴莫孔汤湯"
)
_OFFICE = (
    r"(?:[市县縣省镇鎮村部局处處院校馆館站队隊船会會店社组組科行][长長]|主席|总统|總統|总理|總理|首相|教授|博士|主任|经理|經理"
    r"|总裁|總裁|董事[长長]|书记|書記|医生|醫生|护士|護士|律师|律師|发言人|發言人|专家|專家|教练|教練|议员|議員|研究员|研究員"
    r"|分析师|分析師|负责人|負責人|创始人|創辦人|工程师|工程師|老师|老師|居民|秘书长|秘書長|大使|检察官|檢察官|法官|村民)"
)
_ADDRESS = r"(?:先生|女士|小姐)"
_CHINESE_VERB = (
    r"(?:说|說|表示|称|稱|指出|认为|認為|强调|強調|介绍|介紹|透露|回应|回應|补充|補充|解释|解釋|坦言|告诉记者|告訴記者|写道|寫道"
    r"|呼吁|呼籲|直言)"
)
_LETTER = r"(?:(?![对對在向于於也还還则則说說称稱表指认認強强告的])\p{Han})"
"""A letter of a name: none that goes on to what somebody does."""
_CHINESE_NAME = rf"(?:{_LETTER}{{1,6}}(?:[·‧・]{_LETTER}{{1,8}})+|[{_FAMILY}]{_LETTER}{{1,2}})"
_MANNER = (
    r"(?:(?:在|向|对|對|于|於|接受|也|还|還|则|則|同时|同時|随后|隨後|进一步|進一步)[^。！？，,；“”「」『』]{0,20})?"
)
_CHINESE = (
    regex.compile(
        rf"(?:^|[。！？，,；：\s]|{_OFFICE})(?P<name>{_CHINESE_NAME}){_ADDRESS}?{_MANNER}{_CHINESE_VERB}道?[，,：:]?\s?(?:{_WORDS})"
    ),
    regex.compile(
        rf"(?:{_WORDS})[，,]?(?:[^。！？，,；“”「」『』]{{0,20}}{_OFFICE})?(?P<name>{_CHINESE_NAME}){_ADDRESS}?{_MANNER}{_CHINESE_VERB}"
    ),
)

_JAPANESE_VERB = (
    r"(?:述べ|話し|話す|語[っり]|語る|説明し|説明する|強調し|強調する|コメントし|訴え|指摘し|指摘する|振り返[っる]|明かし|批判し"
    r"|反論し|答え|呼びかけ|発言し|主張し)"
)
_JAPANESE_NAME = r"(?P<name>[\p{Han}々ヶ]{2,6}?|[\p{Katakana}ー]{2,12}(?:[・=＝][\p{Katakana}ー]{1,12}){0,3})"
_PERSON = r"(?:氏|さん)"
_JAPANESE_OFFICE = (
    r"(?:副?(?:知事|市長|町長|村長|区長|首相|大統領|大臣|長官|社長|会長|委員長|議長|学長|校長|院長|所長|署長|館長|部長|課長|船長)"
    r"|教授|准教授|博士|議員|監督|選手|代表|医師|弁護士|記者)"
)
_AGE = r"(?:（[^（）]{1,12}）)?"
_JAPANESE = (
    regex.compile(
        rf"(?<![\p{{Han}}\p{{Katakana}}ー・]){_JAPANESE_NAME}(?P<title>{_PERSON}|{_JAPANESE_OFFICE}){_AGE}[はがも][^。「」『』]{{0,40}}"
        rf"(?:{_WORDS})と[^。「」『』はが]{{0,15}}{_JAPANESE_VERB}"
    ),
    regex.compile(
        rf"(?:{_WORDS})と、?(?:[^。「」『』はが]{{0,20}}の)?(?<![\p{{Han}}\p{{Katakana}}ー・]){_JAPANESE_NAME}"
        rf"(?P<title>{_PERSON}|{_JAPANESE_OFFICE}){_AGE}[はがも][^。「」『』]{{0,20}}{_JAPANESE_VERB}"
    ),
)
_PLACE = regex.compile(r"[都道府県市区町村国州省庁党会社院校学部局課署同両元前新現各副]$")

_THAI_TITLE = (
    r"(?:นายแพทย์|นาย(?!ก|จ้าง|หน้า|ทุน|ทหาร|ตำรวจ|อำเภอ|ช่าง|ประกัน)|นางสาว|นาง(?!แบบ|พยาบาล|เอก|งาม)|น\.ส\.|ดร\."
    r"|(?:ร|ผ)?ศ\.|นพ\.|พญ\.|พ(?:ล)?\.[ตทอจ]\.[อตทจ]?\.?)"
)
_THAI_VERB = r"(?:กล่าว|เปิดเผย|ระบุ|ชี้แจง|ยืนยัน|บอก|ย้ำ|อธิบาย|เสริม)"
_SURNAME = rf"\s(?!{_THAI_VERB})\p{{Thai}}{{2,25}}"
_THAI_NAME = rf"(?P<name>{_THAI_TITLE}\s?\p{{Thai}}{{2,25}}?(?:{_SURNAME}?)?)"
_THAI = (
    regex.compile(rf"{_THAI_NAME}(?:\s[^“”\"]{{0,80}}?)?\s?{_THAI_VERB}[^“”\"]{{0,30}}?\s?(?:{_WORDS})"),
    regex.compile(rf"(?:{_WORDS})\s?{_THAI_NAME}(?:\s[^“”\"]{{0,60}}?)?\s?{_THAI_VERB}"),
)
_THAI_LETTER = regex.compile(r"\p{Thai}")
_KANA = regex.compile(r"[\p{Hiragana}\p{Katakana}]")


class Spoken(NamedTuple):
    """Words between quotation marks, and the name beside them of whoever said them."""

    words: str
    speaker: str


def spoken(paragraph: str, article: str) -> Iterator[Spoken]:
    """Yield what a paragraph quotes from people who are certain: the whole article shows that a name is a person's."""
    if _THAI_LETTER.search(paragraph):
        yield from _thai(paragraph, article)
    elif _KANA.search(paragraph):
        yield from _japanese(paragraph, article)
    else:
        yield from _chinese(paragraph, article)


def _chinese(paragraph: str, article: str) -> Iterator[Spoken]:
    """A name of Han letters is one with a dot in it, or one that an office or a form of address once stands beside."""
    for pattern in _CHINESE:
        for found in pattern.finditer(paragraph):
            name = found["name"]
            own = regex.escape(name)
            if regex.search(r"[·‧・]", name) or regex.search(rf"{_OFFICE}{own}|{own}{_ADDRESS}", article):
                yield Spoken(found["w"], name)


def _japanese(paragraph: str, article: str) -> Iterator[Spoken]:
    """An office alone may be a place's ("東京都知事"): then the name has to be a person's elsewhere, or no place's."""
    for pattern in _JAPANESE:
        for found in pattern.finditer(paragraph):
            name = found["name"]
            addressed = regex.fullmatch(_PERSON, found["title"]) or regex.search(regex.escape(name) + _PERSON, article)
            if addressed or not (_PLACE.search(name) or regex.fullmatch(r"[\p{Katakana}ー]+", name)):
                yield Spoken(found["w"], name)


def _thai(paragraph: str, article: str) -> Iterator[Spoken]:
    """A name opens with its title; one without a surname stands for the only one who has it with a surname."""
    for pattern in _THAI:
        for found in pattern.finditer(paragraph):
            name = found["name"]
            if " " in name:
                yield Spoken(found["w"], name)
                continue
            full = {whole.group() for whole in regex.finditer(rf"{regex.escape(name)}{_SURNAME}(?=\s)", article)}
            if len(full) == 1:
                yield Spoken(found["w"], full.pop())
